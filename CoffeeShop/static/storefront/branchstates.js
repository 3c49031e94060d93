/** Open or closed, until when, and when a cup ordered now would be ready. */
export function states(branch, words) {
  const change = branch.next_change_at && words.time(branch.next_change_at, branch.timezone);
  const name = branch.is_open ? (change ? "openUntil" : "open") : change ? "opensAt" : "closed";
  const state = words.text(name, { time: change });
  if (!branch.is_open) return { state, ready: "" };
  if (branch.is_paused) return { state, ready: words.text("pausedUntil", { time: words.time(branch.paused_until, branch.timezone) }) };
  return { state, ready: branch.ready_at ? words.text("readyIn", { n: minutesUntil(branch.ready_at) }) : "" };
}

export function minutesUntil(moment) {
  return Math.max(1, Math.ceil((new Date(moment) - Date.now()) / 60_000));
}
