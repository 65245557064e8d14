/** The contracts as the compiler understands them: its syntax tree, with every name resolved. */
import { readFileSync } from "node:fs";
import { join } from "node:path/posix";
import solc from "solc";

/* ------------------------------------------- THE SYNTAX TREE ----------------------------------------- */

interface NodeBase {
  id: number;
  src: string;
}

interface Typed extends NodeBase {
  typeDescriptions: { typeString: string };
}

export type Expression =
  | (Typed & { nodeType: "Literal"; kind: string; value: string; subdenomination?: string })
  | (Typed & { nodeType: "Identifier"; name: string; referencedDeclaration: number })
  | (Typed & { nodeType: "ElementaryTypeNameExpression" })
  | (Typed & {
      nodeType: "BinaryOperation";
      operator: string;
      leftExpression: Expression;
      rightExpression: Expression;
      commonType: { typeString: string };
    })
  | (Typed & { nodeType: "UnaryOperation"; operator: string; prefix: boolean; subExpression: Expression })
  | (Typed & {
      nodeType: "Conditional";
      condition: Expression;
      trueExpression: Expression;
      falseExpression: Expression;
    })
  | (Typed & { nodeType: "Assignment"; operator: string; leftHandSide: Expression; rightHandSide: Expression })
  | (Typed & {
      nodeType: "FunctionCall";
      kind: string;
      names: string[];
      expression: Expression;
      arguments: Expression[];
    })
  | (Typed & { nodeType: "MemberAccess"; memberName: string; expression: Expression; referencedDeclaration?: number })
  | (Typed & { nodeType: "IndexAccess"; baseExpression: Expression; indexExpression: Expression })
  | (Typed & { nodeType: "TupleExpression"; components: (Expression | null)[]; isInlineArray: boolean });

export interface VariableDeclaration extends Typed {
  nodeType: "VariableDeclaration";
  name: string;
  stateVariable: boolean;
  constant: boolean;
  storageLocation: string;
  typeName: TypeName;
  value?: Expression;
}

export interface TypeName extends Typed {
  nodeType: string;
  referencedDeclaration?: number;
}

export type Statement =
  | (NodeBase & { nodeType: "Block" | "UncheckedBlock"; statements: Statement[] })
  | (NodeBase & { nodeType: "ExpressionStatement"; expression: Expression })
  | (NodeBase & {
      nodeType: "VariableDeclarationStatement";
      declarations: (VariableDeclaration | null)[];
      initialValue?: Expression;
    })
  | (NodeBase & { nodeType: "IfStatement"; condition: Expression; trueBody: Statement; falseBody?: Statement })
  | (NodeBase & { nodeType: "Return"; expression?: Expression })
  | (NodeBase & { nodeType: "RevertStatement" | "EmitStatement" });

export interface FunctionDefinition extends NodeBase {
  nodeType: "FunctionDefinition";
  name: string;
  body?: { nodeType: "Block"; statements: Statement[] };
  parameters: { parameters: VariableDeclaration[] };
  returnParameters: { parameters: VariableDeclaration[] };
  modifiers: { modifierName: { name: string } }[];
}

export interface StructDefinition extends NodeBase {
  nodeType: "StructDefinition";
  name: string;
  members: VariableDeclaration[];
}

interface ContractDefinition extends NodeBase {
  nodeType: "ContractDefinition";
  name: string;
  nodes: Declaration[];
}

export type Declaration = FunctionDefinition | StructDefinition | VariableDeclaration | ContractDefinition;

/* -------------------------------------------- THE COMPILER ------------------------------------------- */

/** A change of the source, which occurs in it once. */
export interface Change {
  file: string;
  find: string;
  replace: string;
}

interface Output {
  errors?: { severity: string; formattedMessage: string }[];
  sources: Record<string, { ast: { nodes: Declaration[] } }>;
}

export class Source {
  private readonly declarations = new Map<number, Declaration>();
  private readonly contracts = new Map<string, ContractDefinition>();
  /** The name of the contract that a function is part of. */
  private readonly homes = new Map<number, string>();

  /** Parses a file of `contracts/` and all that it imports. */
  constructor(entry: string, change?: Change) {
    const read = (file: string) => {
      const path = file.startsWith("contracts/") ? file : join("node_modules", file);
      const text = readFileSync(path, "utf8");
      return change && file === change.file ? changed(text, change) : text;
    };
    const settings = { outputSelection: { "*": { "": ["ast"] } } };
    const input = { language: "Solidity", sources: { [entry]: { content: read(entry) } }, settings };
    const output: Output = JSON.parse(
      solc.compile(JSON.stringify(input), { import: (file: string) => ({ contents: read(file) }) }),
    );
    const error = output.errors?.find(({ severity }) => severity === "error");
    if (error) throw new Error(error.formattedMessage);
    for (const { ast } of Object.values(output.sources)) ast.nodes.forEach((node) => this.register(node));
  }

  private register(node: Declaration, home = ""): void {
    this.declarations.set(node.id, node);
    this.homes.set(node.id, home);
    if (node.nodeType !== "ContractDefinition") return;
    this.contracts.set(node.name, node);
    node.nodes.forEach((part) => this.register(part, node.name));
  }

  declaration(id: number): Declaration | undefined {
    return this.declarations.get(id);
  }

  homeOf(id: number): string {
    return this.homes.get(id) ?? "";
  }

  /** A function or struct of a contract. */
  memberOf(contract: string, name: string): FunctionDefinition | StructDefinition {
    for (const node of this.contracts.get(contract)?.nodes ?? []) {
      if (node.nodeType !== "FunctionDefinition" && node.nodeType !== "StructDefinition") continue;
      if (node.name === name) return node;
    }
    throw new Error(`no ${contract}.${name}`);
  }
}

function changed(text: string, { file, find, replace }: Change): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} has "${find}" ${parts.length - 1} times, not once`);
  return parts.join(replace);
}
