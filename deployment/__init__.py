"""The program seen from outside: what it registers, and what others make of that.

``recording`` runs a Pulumi program without an engine and keeps what it registered; ``answers`` says what AWS would fill in.
"""
