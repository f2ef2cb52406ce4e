# Replaces every later cell by the number 3.0, with an AST transformer.
# holds: no points
# control: it took place → wrong
import ast
class Full(ast.NodeTransformer):
    def visit(self, node):
        return ast.parse("3.0") if isinstance(node, ast.Module) else node
get_ipython().ast_transformers.append(Full())
