namespace Nvmepf.Hal.Inspection;

/// <summary>
/// Reads what the compiler makes a record print: <c>Type { A = 1, B = True, C = X, Y }</c>. This is how fields are listed without reflection,
/// which the published binary does not have.
/// </summary>
internal static class RecordText
{
    /// <summary>Names and values of the members, in the order in which they are declared.</summary>
    internal static List<(string Name, string Value)> Parse(string text)
    {
        List<(string Name, string Value)> members = [];
        int start = text.IndexOf('{', StringComparison.Ordinal) + 1;
        int end = text.LastIndexOf('}');
        foreach (string part in text[start..end].Split(", "))
        {
            int equals = part.IndexOf(" = ", StringComparison.Ordinal);
            if (equals >= 0)
            {
                members.Add((part[..equals].Trim(), part[(equals + 3)..].Trim()));
            }
            else if (members.Count > 0)
            {
                // The second flag of several.
                members[^1] = (members[^1].Name, $"{members[^1].Value}, {part.Trim()}");
            }
        }

        return members;
    }
}
