"""`python -m msgframe.phone` rebuilds the shipped tables from the installed `phonenumbers`."""

from __future__ import annotations

from msgframe.phone.tables import SHIPPED, builders, metadata_version, write

for name, build in builders().items():
    write(build(), SHIPPED / f"{name}.parquet", made_from=metadata_version())
