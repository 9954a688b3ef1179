import { RemoteRegistry } from "../../../src/remote/remote-registry.ts";
import { describeUpstream } from "../../contracts/upstream.ts";
import { patient, quietParts } from "./remote-under-test.ts";

describeUpstream("RemoteRegistry", (url, silence) => {
  const options = { ...patient, url, headersSeconds: silence, inactivitySeconds: silence };
  return new RemoteRegistry(options, quietParts);
});
