"""IAM documents as pure functions: names in, a dict out, nothing built.

``document`` has the building blocks (and refuses a wildcard that has no reason), ``names`` says what everything is called,
and each other module holds the documents of one component.
"""
