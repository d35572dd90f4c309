"""The version of undertow: its middle number rises with a format, see CHANGELOG.md."""

VERSION = "0.8.0"
