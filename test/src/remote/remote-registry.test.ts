import { RemoteRegistry } from "../../../src/remote/remote-registry.ts";
import { describeUpstream } from "../../contracts/upstream.ts";
import { impatient, quietParts } from "./remote-under-test.ts";

describeUpstream("RemoteRegistry", (url) => new RemoteRegistry({ ...impatient, url }, quietParts));
