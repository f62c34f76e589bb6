"""Everything printed: the QR code, the confirmation sheet, the stamp on a form, and the check of a new form."""
