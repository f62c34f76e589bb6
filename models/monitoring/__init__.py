"""What the service knows about itself: figures for whoever watches over it, and alarms."""
