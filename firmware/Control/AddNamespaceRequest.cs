using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Namespaces;

namespace Nvmepf.Firmware.Control;

/// <summary>
/// Adds a namespace and tells the host that the list has changed. The poster has opened the backend; where the request fails it disposes it.
/// </summary>
public sealed class AddNamespaceRequest(NvmeNamespace added) : ControlRequest
{
    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        NamespaceTable table = controller.Namespaces;
        if (table.Find(added.NamespaceId) is not null)
        {
            return End(ControlError.NamespaceExists);
        }

        if (added.NamespaceId > table.NamespaceIdMaximum)
        {
            return End(ControlError.NamespaceIdTooLarge);
        }

        // A host that was told of no cache sends no Flush.
        if (added.Backend.HasVolatileWriteCache && !WriteCache.IsPresent(controller))
        {
            return End(ControlError.WriteCacheNotAnnounced);
        }

        if (table.AllocatedCount == table.Capacity)
        {
            return End(ControlError.TooManyNamespaces);
        }

        if (!controller.TryAttach(added))
        {
            return ControlProgress.Pending; // other controllers are in its state
        }

        int index = table.TryAdd(added);

        controller.StartBackend(added.Backend);
        controller.Features.ErrorRecovery(index) = default;
        controller.Features.ReservationNotificationMask(index) = default;
        if (added.IsActive)
        {
            controller.Events.ChangedNamespaces.Note(controller, added.NamespaceId);
        }

        return End(ControlError.None);
    }
}
