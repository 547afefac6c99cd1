import {
  type Answer,
  eachOperation,
  eachSchema,
  type Correction,
  type Method,
  type OpenApi,
  type Operation,
  type PathItem,
  type Schema,
} from '../support/openapi.ts';

/** Answers may hold null wherever the document promises something. */
export function nullsAllowed(why: string): Correction {
  return {
    why,
    of: 'answers',
    apply: (document) => {
      eachSchema(document, (schema) => {
        if (schema.type !== undefined) schema.nullable = true;
        if (schema.enum !== undefined) schema.enum.push(null);
      });
    },
  };
}

/** Answers may use words that the document does not list. */
export function openEnums(why: string): Correction {
  return {
    why,
    of: 'answers',
    apply: (document) => {
      eachSchema(document, (schema) => {
        delete schema.enum;
      });
    },
  };
}

/** Objects have the members that are listed, and no others but those that `allowed` (a pattern) lets through. */
export function closedObjects(why: string, allowed: string | null): Correction {
  return {
    why,
    of: 'both',
    apply: (document) => {
      eachSchema(document, (schema) => {
        if (schema.properties === undefined || schema.additionalProperties !== undefined) return;
        schema.additionalProperties = false;
        if (allowed !== null) schema.patternProperties = { [allowed]: {} };
      });
    },
  };
}

/** A call that the document lacks. */
export function addedCall(
  why: string,
  method: Method,
  path: string,
  call: { readonly operation: Partial<Operation>; readonly servers?: PathItem['servers'] },
): Correction {
  return {
    why,
    of: 'both',
    apply: (document) => {
      const item = (document.paths[path] ??= {});
      if (call.servers !== undefined) item.servers = call.servers;
      item[method] ??= {
        operationId: `added ${method} ${path}`,
        responses: {},
        ...structuredClone(call.operation),
      };
    },
  };
}

/** Members that a schema of the document lacks. */
export function addedMembers(
  why: string,
  of: Correction['of'],
  schemaName: string,
  members: Readonly<Record<string, Schema>>,
): Correction {
  return {
    why,
    of,
    apply: (document) => {
      const schema = document.components?.schemas?.[schemaName];
      if (schema === undefined) return;
      schema.properties = { ...structuredClone(members), ...schema.properties };
    },
  };
}

/** What every call may answer beside what it documents; an error that is documented without a body gives way. */
export function addedAnswers(why: string, answers: Readonly<Record<string, Answer>>): Correction {
  return {
    why,
    of: 'answers',
    apply: (document) => {
      eachOperation(document, (operation) => {
        const documented = Object.entries(operation.responses).filter(
          ([status, { content = {} }]) => Number(status) < 400 || Object.keys(content).length > 0,
        );
        operation.responses = { ...structuredClone(answers), ...Object.fromEntries(documented) };
      });
    },
  };
}

/** A change that has no name of its own. */
export function correction(
  why: string,
  of: Correction['of'],
  apply: (document: OpenApi) => void,
): Correction {
  return { why, of, apply };
}
