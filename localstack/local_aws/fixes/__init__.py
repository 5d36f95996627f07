"""What moto leaves out or gets wrong, put right: one module a service, each with `install()`.

Each patch says what AWS does and what moto 5.2.5 does. They change classes of moto that are not its public face, which is why
moto is pinned exactly. None of this does the services' work: that is in `glue/`, `sql/` and the modules beside this folder.
"""
