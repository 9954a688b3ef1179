// The table of the admin API: which address, which right, which operation. Addresses are under /api/v1.
import type { Operation } from "./operation.ts";
import { myTokens, userTokens } from "./access-tokens.ts";
import { listAudit } from "./audit.ts";
import * as collection from "./collection.ts";
import { getFsck, startFsck } from "./fsck.ts";
import * as groups from "./groups.ts";
import { getMe, setMyPassword } from "./me.ts";
import * as mirror from "./mirror.ts";
import * as preloads from "./mirror-preloads.ts";
import { groupMembers, listMembers, userMembers } from "./members.ts";
import {
  administerProject,
  administerRobot,
  nothing,
  pullRepository,
  pushRepository,
  seeProject,
  self,
  system,
  type Needs,
} from "./needs.ts";
import { openApiOperation } from "./open-api.ts";
import { getMyPermissions } from "./permissions.ts";
import * as projects from "./projects.ts";
import { deleteRobotSecret, listRobotSecrets, rotateRobot } from "./robot-secrets.ts";
import * as retention from "./retention.ts";
import * as robots from "./robots.ts";
import * as tags from "./tags.ts";
import * as users from "./users.ts";

type AdminMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type AdminRoute = readonly [method: AdminMethod, path: string, needs: Needs, operation: Operation];

// A row is a line: that is how a table is read.
// prettier-ignore
const rows: readonly AdminRoute[] = [
  ["GET", "/me", self, getMe],
  ["PUT", "/me/password", self, setMyPassword],
  ["GET", "/me/tokens", self, myTokens.list],
  ["POST", "/me/tokens", self, myTokens.create],
  ["DELETE", "/me/tokens/:id", self, myTokens.revoke],
  ["GET", "/me/permissions", self, getMyPermissions],

  ["GET", "/users", system, users.listUsers],
  ["POST", "/users", system, users.createUser],
  ["GET", "/users/:name", system, users.getUser],
  ["PATCH", "/users/:name", system, users.changeUser],
  ["DELETE", "/users/:name", system, users.deleteUser],
  ["PUT", "/users/:name/password", system, users.setUserPassword],
  ["GET", "/users/:name/tokens", system, userTokens.list],
  ["POST", "/users/:name/tokens", system, userTokens.create],
  ["DELETE", "/users/:name/tokens/:id", system, userTokens.revoke],

  ["GET", "/groups", system, groups.listGroups],
  ["POST", "/groups", system, groups.createGroup],
  ["GET", "/groups/:name", system, groups.getGroup],
  ["DELETE", "/groups/:name", system, groups.deleteGroup],
  ["GET", "/groups/:name/accounts", system, groups.listGroupAccounts],
  ["PUT", "/groups/:name/accounts/:account", system, groups.addGroupAccount],
  ["DELETE", "/groups/:name/accounts/:account", system, groups.removeGroupAccount],

  // Whether the caller may create one is the operation's matter: no path says it.
  ["GET", "/projects", self, projects.listProjects],
  ["POST", "/projects", self, projects.createProject],
  ["GET", "/projects/:name", seeProject, projects.getProject],
  ["PATCH", "/projects/:name", administerProject, projects.changeProject],
  ["DELETE", "/projects/:name", administerProject, projects.deleteProject],
  ["GET", "/projects/:name/members", administerProject, listMembers],
  ["PUT", "/projects/:name/members/user/:member", administerProject, userMembers.set],
  ["DELETE", "/projects/:name/members/user/:member", administerProject, userMembers.remove],
  ["PUT", "/projects/:name/members/group/:member", administerProject, groupMembers.set],
  ["DELETE", "/projects/:name/members/group/:member", administerProject, groupMembers.remove],
  ["GET", "/projects/:name/robots", administerProject, robots.listProjectRobots],
  ["POST", "/projects/:name/robots", administerProject, robots.createProjectRobot],

  ["GET", "/robots", system, robots.listRobots],
  ["POST", "/robots", system, robots.createRobot],
  ["GET", "/robots/:name", administerRobot, robots.getRobot],
  ["PATCH", "/robots/:name", administerRobot, robots.changeRobot],
  ["DELETE", "/robots/:name", administerRobot, robots.deleteRobot],
  ["POST", "/robots/:name/rotate", administerRobot, rotateRobot],
  ["GET", "/robots/:name/secrets", administerRobot, listRobotSecrets],
  ["DELETE", "/robots/:name/secrets/:id", administerRobot, deleteRobotSecret],

  ["GET", "/mirror/usage", system, mirror.listMirrorUsage],
  ["GET", "/mirror/repositories", system, mirror.listMirroredRepositories],
  ["GET", "/mirror/images", system, mirror.listMirroredImages],
  ["DELETE", "/mirror/images", system, mirror.purgeMirroredImages],
  ["GET", "/mirror/pins", system, mirror.listMirrorPins],
  ["POST", "/mirror/pins", system, mirror.addMirrorPin],
  ["DELETE", "/mirror/pins", system, mirror.removeMirrorPin],
  ["GET", "/mirror/preloads", system, preloads.listPreloads],
  ["POST", "/mirror/preloads", system, preloads.startPreload],
  ["GET", "/mirror/preloads/:id", system, preloads.getPreload],

  ["GET", "/gc", system, collection.getCollection],
  ["GET", "/gc/plan", system, collection.planCollection],
  ["POST", "/gc/runs", system, collection.startCollection],

  ["GET", "/retention", system, retention.getRetention],
  ["GET", "/retention/plan", system, retention.planRetention],
  ["POST", "/retention/runs", system, retention.startRetention],
  ["GET", "/tags/history", pullRepository, tags.listTagHistory],
  ["POST", "/tags/restore", pushRepository, tags.restoreTag],

  ["GET", "/fsck", system, getFsck],
  ["POST", "/fsck/runs", system, startFsck],

  ["GET", "/audit", system, listAudit],
];

/** With the row of the document that describes the table, itself included. */
export function adminTable(): readonly AdminRoute[] {
  const table: readonly AdminRoute[] = [
    ["GET", "/openapi.json", nothing, openApiOperation(() => table)],
    ...rows,
  ];
  return table;
}
