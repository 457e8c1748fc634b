"""One HTML page of a run, which needs no other file and no network."""

from augjax.extras import require

require("augjax.report", "jinja2")
