"""The class at a glance: `report/index.html` for people, `report/class.json` for programs (docs/report.md)."""
