// One group in the table: the part its rows stand in by name, and its head if it has one.

import { find, write } from "./page.js";

export class Group {
  /** The group a part of the server's table shows. */
  constructor(body) {
    this.name = body.dataset.group;
    this.body = body;
    this.head = find("tr.group", body);
    this.count = this.head && find(".count", this.head);
  }

  /** Says how its members are doing. */
  tell({ size, running, trouble, shown }) {
    if (!this.head) return;
    if (this.head.hidden !== (shown === 0)) this.head.hidden = shown === 0;
    write(this.count, `${running} of ${size} running`);
    this.count.classList.toggle("trouble", trouble > 0);
  }
}
