using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;

namespace Nvmepf.Firmware.Control;

/// <summary>
/// Attaches a namespace that stays open, or detaches it, and tells the host. Detaching lets commands in flight end by themselves; the storage
/// stays open, so that this is quick both ways.
/// </summary>
public sealed class SetNamespaceActiveRequest(uint namespaceId, bool isActive) : ControlRequest
{
    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        NvmeNamespace? target = controller.Namespaces.Find(namespaceId);
        if (target is null)
        {
            return End(ControlError.NoSuchNamespace);
        }

        if (target.IsActive != isActive)
        {
            target.IsActive = isActive;
            controller.Ana.NoteMembers(target.AnaGroupId);
            controller.Events.ChangedNamespaces.Note(controller, namespaceId);
        }

        return End(ControlError.None);
    }
}
