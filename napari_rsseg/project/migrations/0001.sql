-- Text times are ISO 8601 in UTC with milliseconds. Places are (row, column) in pixels, half-open.

CREATE TABLE scenes (
  id TEXT PRIMARY KEY,                    -- names the folder scenes/<id>
  uri TEXT NOT NULL,                      -- relative to the project folder where that is possible
  fingerprint TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  height INTEGER NOT NULL CHECK (height > 0),
  width INTEGER NOT NULL CHECK (width > 0),
  crs_wkt TEXT,
  affine TEXT NOT NULL,                   -- JSON: a, b, c, d, e, f
  gsd_m REAL,
  acquired TEXT,
  facts TEXT NOT NULL DEFAULT '{}',       -- JSON: place, size and content of the file, bands, radiometry
  added_at TEXT NOT NULL
);

CREATE TABLE actors (
  id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 65535),  -- as stored per pixel; 0 is nobody
  kind TEXT NOT NULL CHECK (kind IN ('person', 'model', 'import', 'tool')),
  name TEXT NOT NULL,
  digest TEXT NOT NULL DEFAULT '',
  since TEXT NOT NULL
);
CREATE UNIQUE INDEX actor_of_a_day ON actors (kind, name, digest, substr(since, 1, 10));

CREATE TABLE windows (
  id INTEGER PRIMARY KEY,
  scene TEXT NOT NULL REFERENCES scenes (id),
  row_start INTEGER NOT NULL,
  row_stop INTEGER NOT NULL CHECK (row_stop > row_start),
  column_start INTEGER NOT NULL,
  column_stop INTEGER NOT NULL CHECK (column_stop > column_start),
  state TEXT NOT NULL DEFAULT 'unseen',
  assigned_to TEXT,                       -- annotators, separated by commas; NULL: anybody
  is_blind INTEGER NOT NULL DEFAULT 0,    -- labelled by several annotators who do not see each other
  is_gold INTEGER NOT NULL DEFAULT 0,
  comment_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (scene, row_start, row_stop, column_start, column_stop)
);
CREATE INDEX window_by_state ON windows (state);

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor INTEGER REFERENCES actors (id),
  window INTEGER REFERENCES windows (id),  -- NULL: about the project
  kind TEXT NOT NULL,
  state TEXT,
  why TEXT NOT NULL DEFAULT '',
  details TEXT NOT NULL DEFAULT '{}'       -- JSON
);
CREATE INDEX event_by_window ON events (window, id);

CREATE TABLE scores (
  window INTEGER NOT NULL REFERENCES windows (id) ON DELETE CASCADE,
  ordering TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (window, ordering)
) WITHOUT ROWID;
CREATE INDEX score_by_ordering ON scores (ordering, value);

CREATE TABLE models (
  digest TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  card TEXT NOT NULL,                     -- JSON
  added_at TEXT NOT NULL
);

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  details TEXT NOT NULL DEFAULT '{}'      -- JSON
);

CREATE TABLE versions (
  hash TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  made_at TEXT NOT NULL,
  card TEXT NOT NULL,                     -- JSON
  parent TEXT REFERENCES versions (hash)
);

CREATE TABLE splits (
  scene TEXT NOT NULL REFERENCES scenes (id),
  row_start INTEGER NOT NULL,
  row_stop INTEGER NOT NULL,
  column_start INTEGER NOT NULL,
  column_stop INTEGER NOT NULL,
  split TEXT NOT NULL,
  version TEXT REFERENCES versions (hash) DEFERRABLE INITIALLY DEFERRED,  -- the first that used it
  PRIMARY KEY (scene, row_start, row_stop, column_start, column_stop)
) WITHOUT ROWID;

CREATE TABLE activity (
  window INTEGER NOT NULL REFERENCES windows (id) ON DELETE CASCADE,
  class_id INTEGER NOT NULL,
  actor INTEGER NOT NULL REFERENCES actors (id),
  seconds REAL NOT NULL,
  PRIMARY KEY (window, class_id, actor)
) WITHOUT ROWID;

CREATE TABLE conflicts (
  id INTEGER PRIMARY KEY,
  window INTEGER NOT NULL REFERENCES windows (id),
  found_at TEXT NOT NULL,
  annotators TEXT NOT NULL,               -- who says differently, separated by commas
  pixels INTEGER NOT NULL,
  resolved_at TEXT,
  resolved_by INTEGER REFERENCES actors (id),
  why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX conflict_by_window ON conflicts (window);

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL                     -- JSON
);
