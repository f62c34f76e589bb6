"""The people at the desk: their accounts, how they prove who they are, and what they did."""
