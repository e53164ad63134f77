/** How commands leave what is around them. */
export class Exit {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

export class Return {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

export class Break {
  readonly levels: number;
  constructor(levels: number) {
    this.levels = levels;
  }
}

export class Continue {
  readonly levels: number;
  constructor(levels: number) {
    this.levels = levels;
  }
}
