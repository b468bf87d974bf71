//# allFunctionsCalledOnLoad
// What a check comes to: it holds, it fails with a reason code, or it could not be said.
import { Fault } from "./verify-bytes.js";

export const holds = () => ({ state: "holds", code: "", detail: "", index: null });
export const open = (code, detail = "", index = null) => ({ state: "open", code, detail, index });
export const isHolding = (result) => result.state === "holds";

/** What a fault comes to; an error that is none is a defect of this program, and goes on. */
export function failed(error) {
  if (!(error instanceof Fault)) throw error;
  return { state: "fails", code: error.code, detail: error.detail, index: error.index };
}

/** Holds, or the fault of the first of the checks that fails. */
export function outcome(...checks) {
  try {
    checks.forEach((check) => check());
  } catch (error) {
    return failed(error);
  }
  return holds();
}
