"""How annotations are checked while tests run: as PEP 484 says, an int may stand where a float is wanted."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
