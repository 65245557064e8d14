/** Survivors that no test can kill, since they do what the contracts do; and why. A change of the line puts an end to its entry. */
export interface Equivalent {
  file: string;
  /** The lines as they are and as the mutant has them, without the blanks around. */
  from: string;
  to: string;
  reason: string;
}

export const EQUIVALENT: Equivalent[] = [];
