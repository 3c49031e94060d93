"""The menu as a file and back: read, planned, previewed, written; see ADR 0031."""
