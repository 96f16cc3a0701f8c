using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;

namespace Nvmepf.Firmware.Control;

/// <summary>
/// Gives a namespace another size and tells the host. The storage has the size already (<see cref="NamespaceBackend.MeasureBytes"/>, on the
/// poster's thread); commands in flight beyond a smaller size end as the storage ends them.
/// </summary>
/// <param name="namespaceId">NSID.</param>
/// <param name="sizeBytes">Size of the storage in bytes; a trailing part of a block is not offered.</param>
public sealed class ResizeNamespaceRequest(uint namespaceId, ulong sizeBytes) : ControlRequest
{
    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        NvmeNamespace? target = controller.Namespaces.Find(namespaceId);
        if (target is null)
        {
            return End(ControlError.NoSuchNamespace);
        }

        ulong blocks = sizeBytes >> target.BlockShift;
        if (blocks == 0)
        {
            return End(ControlError.TooSmall);
        }

        if (blocks == target.SizeBlocks)
        {
            return End(ControlError.None);
        }

        if (!target.TryResize(sizeBytes))
        {
            return End(ControlError.CannotResize);
        }

        if (target.IsActive)
        {
            controller.Events.ChangedNamespaces.Note(controller, namespaceId);
        }

        return End(ControlError.None);
    }
}
