using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Startup;

/// <summary>Opens the storage of a configured namespace, before start and while others are served; never on a reactor.</summary>
internal static class NamespaceOpener
{
    /// <summary>Namespaces that a subsystem may have while it is served, and the highest NSID that may come (Identify Controller NN and MNAN).</summary>
    public const int NamespacesMax = 128;

    /// <summary>Opens it; who gets it disposes its backend.</summary>
    /// <param name="served">What is configured.</param>
    /// <param name="state">What the functions of its subsystem share of it (<see cref="NamespaceStates"/>).</param>
    /// <exception cref="PlatformException">It cannot be opened; the message is for the user.</exception>
    public static NvmeNamespace Open(ServedNamespace served, NamespaceState state)
    {
        NamespaceBackend backend = CreateBackend(served);
        try
        {
            backend.Open();
            uint blockBytes = served.Source.BlockBytes ?? backend.MinimumBlockBytes;
            if (blockBytes < backend.MinimumBlockBytes)
            {
                uint least = backend.MinimumBlockBytes;
                throw new PlatformException(
                    $"{backend.Description}: lba={blockBytes}: the storage has blocks of {least} bytes; allowed: lba={least} or none");
            }

            return new NvmeNamespace(served.NamespaceId, backend, blockBytes, served.Uuid, served.Nguid)
            {
                AnaGroupId = served.AnaGroupId,
                State = state,
                CanKeepState = state.IsKept || !served.Source.IsPersistent,
            };
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    /// <summary>The line for the log.</summary>
    public static string Describe(NvmeNamespace made, string subsystemNqn) =>
        $"adding nsid {made.NamespaceId} to subsystem {subsystemNqn}: {made.Backend.Description}, {made.SizeBlocks} blocks of {made.BlockBytes} B"
        + (made.Backend.Remark.Length > 0 ? ", " + made.Backend.Remark : string.Empty);

    private static NamespaceBackend CreateBackend(ServedNamespace served)
    {
        NamespaceSource source = served.Source;
        return source.Kind switch
        {
            StorageKind.Null => new NullBackend(source.SizeBytes!.Value),
            StorageKind.Ram => new RamBackend(source.SizeBytes!.Value),
            _ => new FileBackend(
                source.Path,
                source.SizeBytes,
                source.BlockBytes ?? 512,
                source.Kind == StorageKind.Block,
                served.IsBuffered,
                source.IsPolled == true),
        };
    }
}
