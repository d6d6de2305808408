/** Short names for what the API speaks of. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Endpoint = Schemas["Endpoint"];
export type Definition = Schemas["Definition"];
export type Field = Schemas["Field"];
export type Plan = Schemas["Plan"];
export type Bound = Schemas["Bound"];
export type Finding = Schemas["Finding"];
export type Checked = Schemas["Checked"];
export type Version = Schemas["Version"];
export type Tried = Schemas["Tried"];
export type Deployment = Schemas["Deployment"];
export type Status = Schemas["Status"];
export type StageTime = Schemas["StageTime"];
export type Failure = Schemas["Failure"];
export type LogLine = Schemas["LogLine"];
export type Batch = Schemas["Batch"];
export type Call = Schemas["CallRecord"];
export type Attempt = Schemas["Attempt"];
export type CallBody = Schemas["Body"];
export type ApiKey = Schemas["ApiKey"];
export type NewKey = Schemas["NewKey"];
export type Member = Schemas["Member"];
export type Role = Schemas["Role"];
export type Invitation = Schemas["Invitation"];
export type ShownInvitation = Schemas["ShownInvitation"];
export type AccessToken = Schemas["AccessToken"];
export type Session = Schemas["Session"];
export type Credential = Schemas["Credential"];
export type CheckResult = Schemas["CheckResult"];
export type Environment = Schemas["Environment"];
export type AuditEvent = Schemas["AuditEvent"];
export type SystemStatus = Schemas["SystemStatus"];
