namespace Nvmepf.Mutations;

/// <summary>A mutation that cannot be read or does not fit the sources, or a run that cannot go on; the message is for a person.</summary>
public sealed class MutationException(string message) : Exception(message);
