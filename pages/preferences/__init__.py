"""The Settings page: appearance, account, users, system, audit; a module a section."""
