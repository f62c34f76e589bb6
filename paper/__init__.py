"""Printed documents: QR code, sheets, arrival receipt, the stamp on a form, the check of a new form."""
