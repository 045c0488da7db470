"""A small project in which django-cleanup stands beside the app, run by a process of its own."""
