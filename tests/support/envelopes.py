"""Envelopes with a window, and what of a sheet shows in it."""

# Envelope width and height, window width, height, side, distance from that side and from the bottom, height of the
# folded letter, all in mm. DIN 680 and 678 for the left windows, NF Z 11-001 for the right ones.
ENVELOPES = {
    "DL": (220, 110, 90, 45, "left", 20, 15, 105),
    "C6/5": (229, 114, 90, 45, "left", 20, 15, 105),
    "DL, tall window": (220, 110, 100, 45, "right", 20, 20, 99),
    "DL, low window": (220, 110, 100, 35, "right", 20, 20, 99),
    "DL, tall window, folded at 105": (220, 110, 100, 45, "right", 20, 20, 105),
    "DL, low window, folded at 105": (220, 110, 100, 35, "right", 20, 20, 105),
}


def windows(width, height, wide, high, side, aside, below, fold):
    """What of the page shows however the letter slides in the envelope, and what could ever show."""
    x, y = (aside if side == "left" else width - aside - wide), height - below - high
    slide_x, slide_y = width - 210, height - fold
    return (x, y, x - slide_x + wide, y - slide_y + high), (x - slide_x, y - slide_y, x + wide, y + high)


def within(box, frame):
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def touches(box, frame):
    return box[0] < frame[2] and box[2] > frame[0] and box[1] < frame[3] and box[3] > frame[1]
