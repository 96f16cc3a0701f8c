namespace Nvmepf.Hal.Inspection;

/// <summary>A block of registers that can be looked at.</summary>
/// <param name="Name">As it is typed, e.g. <c>iatu</c>.</param>
/// <param name="Base">Where it is mapped; valid as long as the platform.</param>
/// <param name="Rows">Its registers.</param>
public sealed record RegisterBlock(string Name, nint Base, IReadOnlyList<RegisterRow> Rows);
