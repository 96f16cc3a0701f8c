using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Control;

/// <summary>
/// Takes a namespace away: new commands do not find it, those in flight end (after a second they are cancelled), then it is off the table and
/// the host is told. The poster disposes the backend of <see cref="Removed"/>.
/// </summary>
public sealed class RemoveNamespaceRequest(uint namespaceId) : ControlRequest
{
    private const long GraceNanoseconds = 1_000_000_000;

    private NvmeNamespace? _target;
    private int _index;
    private bool _wasActive;
    private bool _isCancelled;
    private long _graceEndsNanoseconds;

    /// <summary>What was taken away; null where nothing was.</summary>
    public NvmeNamespace? Removed { get; private set; }

    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        if (_target is null)
        {
            _index = controller.Namespaces.PlaceOf(namespaceId);
            if (_index < 0)
            {
                return End(ControlError.NoSuchNamespace);
            }

            _target = controller.Namespaces[_index];
            _wasActive = _target.IsActive;
            _target.IsActive = false;
            _graceEndsNanoseconds = nowNanoseconds + GraceNanoseconds;
        }

        if (controller.IsNamespaceInUse(_index))
        {
            if (!_isCancelled && nowNanoseconds >= _graceEndsNanoseconds)
            {
                _isCancelled = true;
                controller.CancelNamespace(_index, new Status(StatusCode.InvalidNamespaceOrFormat, true));
            }

            return ControlProgress.Pending;
        }

        if (!_target.TryDetach())
        {
            return ControlProgress.Pending; // other controllers are in its state
        }

        controller.Namespaces.RemoveAt(_index);
        if (_wasActive)
        {
            controller.Ana.NoteMembers(_target.AnaGroupId);
            controller.Events.ChangedNamespaces.Note(controller, namespaceId);
        }

        Removed = _target;
        return End(ControlError.None);
    }

    /// <inheritdoc/>
    protected override void TakeBack(NvmeController controller) => _target!.IsActive = _wasActive;
}
