/** The query of a route that takes none: any parameter is refused by name. */
export class NoQuery {}
