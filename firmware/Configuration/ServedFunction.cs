using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Hal;
using Nvmepf.Hal.Rk3588;

namespace Nvmepf.Firmware.Configuration;

/// <summary>One namespace that is served.</summary>
/// <param name="NamespaceId">NSID.</param>
/// <param name="Source">Where its bytes are.</param>
/// <param name="Uuid">UUID.</param>
/// <param name="Nguid">NGUID, 16 bytes.</param>
/// <param name="AnaGroupId">ANA group.</param>
/// <param name="IsBuffered">Through the page cache (nvmet's buffered_io).</param>
internal sealed record ServedNamespace(uint NamespaceId, NamespaceSource Source, Guid Uuid, byte[] Nguid, uint AnaGroupId, bool IsBuffered)
{
    /// <summary>Where it stands in the configuration.</summary>
    public Place Place { get; init; }

    /// <summary>Whether hosts may reserve it.</summary>
    public bool HasReservations { get; init; }

    /// <summary>Where its reservations and write protection are kept; null for the usual place.</summary>
    public string? StatePath { get; init; }

    /// <summary>True where a host sees the same thing in both.</summary>
    public bool IsSameAs(ServedNamespace other) =>
        Source == other.Source && Uuid == other.Uuid && Nguid.AsSpan().SequenceEqual(other.Nguid)
        && AnaGroupId == other.AnaGroupId && IsBuffered == other.IsBuffered
        && HasReservations == other.HasReservations && StatePath == other.StatePath;
}

/// <summary>One PCI function that is served: a controller of its own, on a platform of its own.</summary>
/// <param name="Settings">What the NVMe controller is told.</param>
/// <param name="Identity">What the PCI function says of itself.</param>
/// <param name="Namespaces">Its namespaces in ascending order of NSID; functions of one subsystem have the same list, the object itself.</param>
/// <param name="VfioUserDirectory">
/// Directory of the vfio-user socket, empty on another platform: the controller's directory where it has one function, else a subdirectory
/// with the function's name.
/// </param>
/// <param name="Rk3588">Options of the RK3588 platform; null where vfio-user serves.</param>
/// <param name="Reactor">How the reactor runs.</param>
internal sealed record ServedFunction(
    ControllerSettings Settings,
    FunctionIdentity Identity,
    IReadOnlyList<ServedNamespace> Namespaces,
    string VfioUserDirectory,
    Rk3588Options? Rk3588,
    ReactorOptions Reactor)
{
    /// <summary>Name of the controller that it is linked to.</summary>
    public string ControllerName { get; init; } = string.Empty;

    /// <summary>vfio-user clients may not map the doorbells: each register write is a message, which wakes an idle reactor.</summary>
    public bool TrapsDoorbells { get; init; }

    /// <summary>Where commands go that no namespace of ours serves; null for namespaces.</summary>
    public PassthroughSettings? Passthrough { get; init; }
}
