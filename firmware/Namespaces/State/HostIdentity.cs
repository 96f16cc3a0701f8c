namespace Nvmepf.Firmware.Namespaces.State;

/// <summary>
/// Who a host is to reservations: its Host Identifier (NVMe Base 2.1 section 5.1.25.1.28). One of 8 bytes and one of 16 are never the same
/// host, whatever their values.
/// </summary>
/// <param name="identifier">The identifier; 0 for a host that has set none.</param>
/// <param name="isExtended">Set with 16 bytes (EXHID).</param>
public readonly struct HostIdentity(UInt128 identifier, bool isExtended) : IEquatable<HostIdentity>
{
    /// <summary>The identifier.</summary>
    public UInt128 Identifier { get; } = identifier;

    /// <summary>Whether it has 16 bytes.</summary>
    public bool IsExtended { get; } = isExtended;

    /// <summary>True where the host has said who it is.</summary>
    public bool IsSet => Identifier != 0;

    /// <summary>The same host.</summary>
    public static bool operator ==(HostIdentity left, HostIdentity right) => left.Equals(right);

    /// <summary>Another host.</summary>
    public static bool operator !=(HostIdentity left, HostIdentity right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(HostIdentity other) => Identifier == other.Identifier && IsExtended == other.IsExtended;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is HostIdentity other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Identifier.GetHashCode();
}
