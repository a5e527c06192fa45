"""What several front ends share: report and portfolio from a command or a page."""
