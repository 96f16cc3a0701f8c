using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Namespaces;

namespace Nvmepf.Firmware.Control;

/// <summary>
/// Adds a namespace and tells the host that the list has changed. The poster has opened the backend; where the request fails it disposes it.
/// </summary>
public sealed class AddNamespaceRequest : ControlRequest
{
    private readonly NvmeNamespace _added;

    /// <summary>Makes the request, and on the poster's thread what the controller needs of memory for the namespace.</summary>
    /// <param name="controller">The controller that it is posted to.</param>
    /// <param name="added">The namespace: an object for this controller alone, over storage that controllers may share.</param>
    public AddNamespaceRequest(NvmeController controller, NvmeNamespace added)
    {
        _added = added;
        controller.PrepareBackend(added.Backend);
        added.MakeView(controller.Settings.ControllerId, controller.News);
    }

    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        NamespaceTable table = controller.Namespaces;
        if (table.Find(_added.NamespaceId) is not null)
        {
            return End(ControlError.NamespaceExists);
        }

        if (_added.NamespaceId > table.NamespaceIdMaximum)
        {
            return End(ControlError.NamespaceIdTooLarge);
        }

        // A host that was told of no cache sends no Flush.
        if (_added.Backend.HasVolatileWriteCache && !WriteCache.IsPresent(controller))
        {
            return End(ControlError.WriteCacheNotAnnounced);
        }

        if (table.AllocatedCount == table.Capacity)
        {
            return End(ControlError.TooManyNamespaces);
        }

        if (!controller.TryAttach(_added))
        {
            return ControlProgress.Pending; // other controllers are in its state
        }

        int index = table.TryAdd(_added);
        controller.StartBackend(_added.Backend);
        controller.Features.ErrorRecovery(index) = default;
        controller.Features.ReservationNotificationMask(index) = default;
        if (_added.IsActive)
        {
            controller.Ana.NoteMembers(_added.AnaGroupId);
            controller.Events.ChangedNamespaces.Note(controller, _added.NamespaceId);
        }

        return End(ControlError.None);
    }
}
