"""The check of annotations while tests run; as in PEP 484, an int is accepted where a float is expected."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
