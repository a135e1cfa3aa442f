// What the pages do by themselves: follow changes and logs, send forms without leaving the page.
// Everything here is also possible without it, by links and forms.

import { sendForms } from "./forms.js";
import { followLog } from "./log.js";
import { find } from "./page.js";
import { follow } from "./processes.js";

sendForms();
follow();
const viewer = find(".viewer[data-stream]");
if (viewer) followLog(viewer);
