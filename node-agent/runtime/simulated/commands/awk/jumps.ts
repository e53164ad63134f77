/** Goes on with the next line. */
export class Next {}

/** Ends the program. */
export class Leave {}

/** Ends the innermost loop. */
export class Break {}

/** Begins the next turn of the innermost loop. */
export class Continue {}
