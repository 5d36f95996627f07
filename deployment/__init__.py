"""The program seen from outside: what it registers, and what others make of that.

* ``recording`` runs a Pulumi program without Pulumi's engine; ``answers`` says what AWS would fill in; ``program`` runs ours.
* ``translation`` turns what was registered into a Terraform configuration (with ``naming``, ``fitting`` and the kept
  ``schema``); ``terraform`` runs Terraform on it, ``stack`` validates a stack with it and deploys it to an emulator.
* ``scan`` lets a security scanner read the same configuration, with what is accepted in ``accepted_findings.toml``.
* ``iam`` decides policies, ``effective`` says what all of them amount to, ``access_matrix`` writes that page.
* ``privileges`` compares the AWS calls of our code with what its roles may do.

``python -m deployment`` lists the commands.
"""
