namespace Nvmepf.Firmware.Passthrough;

/// <summary>A namespace of the target that is there and is not shown to the host.</summary>
/// <param name="NamespaceId">NSID.</param>
/// <param name="Reason">Why, as a line of the log.</param>
/// <param name="Identify">Its Identify Namespace data, the target's own: what a later look compares.</param>
public sealed record PassedOver(uint NamespaceId, string Reason, byte[] Identify);
