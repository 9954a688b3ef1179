// Who may do what: accounts and their secrets, projects and their members, groups, signing keys, the audit trail; the
// owner of an upload session; the project of a repository. Only additions: a program of schema 1 can still work on it,
// and its upload sessions belong to nobody in particular.
import type { Migration } from "./migration.ts";

const sqlite = `
CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  public INTEGER NOT NULL CHECK (public IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX projects_public ON projects (name) WHERE public = 1;

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('user', 'robot')),
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created_at INTEGER NOT NULL,
  may_create_projects INTEGER NOT NULL CHECK (may_create_projects IN (0, 1)),
  system_admin INTEGER NOT NULL CHECK (system_admin IN (0, 1)),
  password_hash TEXT,
  project_id TEXT REFERENCES projects (id),
  -- a JSON list
  actions TEXT NOT NULL,
  expires_at INTEGER
) STRICT;
CREATE INDEX accounts_by_project ON accounts (project_id, name) WHERE project_id IS NOT NULL;
CREATE INDEX accounts_by_kind ON accounts (kind, name);
-- whether an administrator would remain
CREATE INDEX accounts_admins ON accounts (kind, disabled) WHERE system_admin = 1;

CREATE TABLE secrets (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  kind TEXT NOT NULL CHECK (kind IN ('personal', 'robot', 'refresh')),
  label TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  -- a JSON list, or all that the account may do
  actions TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER
) STRICT;
CREATE INDEX secrets_by_account ON secrets (account_id, kind, created_at);
CREATE INDEX secrets_by_expiry ON secrets (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE account_groups (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE group_accounts (
  group_id TEXT NOT NULL REFERENCES account_groups (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  PRIMARY KEY (group_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_accounts_by_account ON group_accounts (account_id);

-- member_id: of an account or a group, as kind says
CREATE TABLE members (
  project_id TEXT NOT NULL REFERENCES projects (id),
  kind TEXT NOT NULL CHECK (kind IN ('account', 'group')),
  member_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('guest', 'developer', 'maintainer')),
  PRIMARY KEY (project_id, kind, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_member ON members (kind, member_id);

CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  algorithm TEXT NOT NULL CHECK (algorithm IN ('ES256', 'RS256')),
  private_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('allowed', 'refused', 'failed')),
  detail TEXT NOT NULL,
  address TEXT,
  request_id TEXT
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX audit_by_outcome ON audit (outcome, id);

CREATE TABLE access_revision (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL
) STRICT;
INSERT INTO access_revision (id, revision) VALUES (1, 1);

ALTER TABLE uploads ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX uploads_by_owner ON uploads (owner);

-- empty for a name of a single segment, whose project the configuration says
ALTER TABLE repositories ADD COLUMN project TEXT GENERATED ALWAYS AS
  (CASE instr(name, '/') WHEN 0 THEN '' ELSE substr(name, 1, instr(name, '/') - 1) END) VIRTUAL;
CREATE INDEX repositories_by_project ON repositories (project, name) WHERE manifest_count > 0;
`;

export const access: Migration = {
  version: 2,
  name: "accounts, projects and the audit trail",
  readableBy: 1,
  sql: { sqlite },
};
