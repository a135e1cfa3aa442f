// Which processes a filter lets through and in which order they stand, as the server has it.

/** The filters, and the states they let through. */
const SETS = {
  running: ["RUNNING", "STARTING"],
  trouble: ["FATAL", "BACKOFF", "UNKNOWN"],
  stopped: ["STOPPED", "STOPPING", "EXITED"],
};

/** The filter that lets a state through. */
export const FILTER_OF = new Map(
  Object.entries(SETS).flatMap(([filter, states]) => states.map((state) => [state, filter])),
);

export const isFilter = (name) => Object.hasOwn(SETS, name);

const TROUBLE_FIRST = { FATAL: 0, UNKNOWN: 0, BACKOFF: 1, STARTING: 2, STOPPING: 2, EXITED: 3, STOPPED: 4, RUNNING: 5 };

/** What the orders go by, and the direction told to those who listen. */
export const ORDERS = {
  name: { rank: () => 0, direction: "ascending" },
  state: { rank: ({ state }) => TROUBLE_FIRST[state], direction: "ascending" },
  uptime: { rank: ({ start }) => -start, direction: "descending" },
  restarts: { rank: ({ restarts }) => -restarts, direction: "descending" },
};

export const isOrder = (name) => Object.hasOwn(ORDERS, name);

/** Sorts processes; those of the same rank stand as they do by name. */
export function sort(processes, order) {
  const { rank } = ORDERS[order];
  processes.sort((one, other) => rank(one) - rank(other) || one.place - other.place);
}

/** The indexes of a longest run of rising numbers, which need not be neighbours; negative ones are
    left out. */
export function rising(numbers) {
  const ends = [];
  const before = [];
  numbers.forEach((number, index) => {
    if (number < 0) return;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[ends[middle]] < number) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1];
    ends[low] = index;
  });
  const run = new Set();
  for (let index = ends.at(-1); index !== undefined; index = before[index]) run.add(index);
  return run;
}
