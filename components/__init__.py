"""What is built on AWS: one component resource per module of the lake, and the IAM documents they need.

The room's rules, each held by a test:

* a component takes one frozen, keyword-only arguments dataclass; its defaults live there and nowhere else;
* its type token is ``energylake:<room>:<Class>`` and is never renamed (the name is the identity of what is deployed);
* its children are named ``f"{name}-suffix"`` and have it as their parent;
* its ``__init__`` is short: private builders, then outputs, then ``register_outputs``;
* components never import each other, nor contracts, settings or polars: ``__main__`` passes plain values between them.

Every IAM document comes from ``components.policies``, where documents are pure functions of plain strings.
"""
