"""Printed documents: QR code, sheets, arrival receipt, envelope; `forms`: what becomes of an authority's form."""
