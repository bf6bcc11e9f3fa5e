"""A stub of terraform-provider-openstack: the real provider's schema, and no cloud behind it.

It refuses what the schema refuses (unknown, missing and ill-typed arguments) and remembers what it is
given. It knows nothing of what a value may be, of arguments that exclude each other, of changes that
force a replacement, or of any answer that OpenStack would give.
"""
