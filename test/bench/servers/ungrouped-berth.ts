// Berth with a transaction for every command: what grouping commits is measured against. Only here, because nobody should
// have to choose.   node ungrouped-berth.js serve --listen HOST:PORT --data FOLDER
import { assemble } from "../../../src/assembly/assemble.ts";
import { loadConfig } from "../../../src/config/load-config.ts";
import { createLogger } from "../../../src/observability/logger.ts";

const [, , , , listen = "", , data = ""] = process.argv;
const config = loadConfig({ env: { ...process.env, BERTH_HTTP_LISTEN: listen, BERTH_DATA: data } });
const running = await assemble(config, { logger: createLogger(config.log.level), grouping: false });
process.once("SIGTERM", () => void running.close().then(() => process.exit()));
