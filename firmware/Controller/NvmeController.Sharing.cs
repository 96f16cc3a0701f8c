using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <content>What other controllers of the subsystem do to namespaces that this one has as well.</content>
public sealed partial class NvmeController
{
    /// <summary>Set by whoever changed a namespace of this controller.</summary>
    public NewsFlag News { get; } = new();

    /// <summary>
    /// The controller has the namespace from here on. On the controller's reactor, or before it runs.
    /// </summary>
    /// <returns>False where others are in its shared state this moment: try again.</returns>
    public bool TryAttach(NvmeNamespace added)
    {
        Ana.Apply(added);
        return added.TryAttach(News, Features.Host);
    }

    private void AttachNamespaces()
    {
        for (int i = 0; i < Namespaces.Count; i++)
        {
            Namespaces[i].MakeView(Settings.ControllerId, News);
            SpinWait wait = default; // before start: it may wait
            while (!TryAttach(Namespaces[i]))
            {
                wait.SpinOnce();
                if (wait.Count > 10_000)
                {
                    throw new PlatformException(
                        $"namespace {Namespaces[i].NamespaceId} is shared by more than {NamespaceState.ViewsMax} controllers; allowed: that many");
                }
            }
        }
    }

    /// <summary>True where any namespace can be reserved.</summary>
    public bool HasReservations
    {
        get
        {
            for (int i = 0; i < Namespaces.Count; i++)
            {
                if (Namespaces[i].State.HasReservations)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>What the host is to be told of reservations.</summary>
    public ReservationLog ReservationLog { get; } = new();

    /// <summary>The event for notifications that wait in the log.</summary>
    internal void RaiseReservationEvent()
    {
        if (ReservationLog.Count > 0)
        {
            Events.Raise(
                this,
                (byte)AsynchronousEventType.IoCommandSetSpecific,
                (byte)IoCommandSetEventInformation.ReservationLogPageAvailable,
                (byte)LogPageId.ReservationNotification);
        }
    }

    /// <summary>
    /// After a reset nobody is behind the controller until a host says so (Host Identifier). Reservations stay.
    /// </summary>
    /// <returns>False where others are in the state of a namespace this moment: try again in the next turn.</returns>
    private bool TryForgetHost()
    {
        for (int i = 0; i < Namespaces.Count && Features.Host.IsSet; i++)
        {
            NvmeNamespace target = Namespaces[i];
            if (target.View is not NamespaceView view)
            {
                continue;
            }

            if (!target.State.TryEnter())
            {
                return false;
            }

            target.State.SetHost(view, default);
            target.State.Exit();
        }

        return true;
    }

    /// <summary>Looks what others have done to the namespaces. Called in each turn.</summary>
    private void PollNews()
    {
        if (!News.IsSet)
        {
            return;
        }

        News.Take();
        for (int i = 0; i < Namespaces.Count; i++)
        {
            if (Namespaces[i].View is not NamespaceView view)
            {
                continue;
            }

            if (view.TakeChange() && Namespaces[i].IsActive)
            {
                Events.ChangedNamespaces.Note(this, Namespaces[i].NamespaceId);
            }

            TakeNotices(view, Features.ReservationNotificationMask(i));
            TakeAbort(view, i);
        }

        RaiseReservationEvent();
    }

    private void TakeNotices(NamespaceView view, ReservationNotificationMaskFeature mask)
    {
        ReservationLog.Skip(view.TakeLostNotices());
        while (view.TryTakeNotice(out ReservationNotificationType type))
        {
            bool isMasked = type switch
            {
                ReservationNotificationType.RegistrationPreempted => mask.RegistrationPreempted,
                ReservationNotificationType.ReservationReleased => mask.ReservationReleased,
                _ => mask.ReservationPreempted,
            };
            if (!isMasked && State != ControllerState.Resetting)
            {
                ReservationLog.Add(view.Namespace.NamespaceId, type);
            }
        }
    }

    /// <summary>Preempt and abort: ends the commands on the namespace, on all reactors, and says so when the last has ended.</summary>
    private void TakeAbort(NamespaceView view, int namespaceIndex)
    {
        if (!view.TryGetAbort(out uint number))
        {
            return;
        }

        if (!TryHold())
        {
            News.Set(); // again next turn
            return;
        }

        if (number != view.AbortBegun)
        {
            view.AbortBegun = number;
            CancelNamespace(namespaceIndex, new Status(StatusCode.AbortedPreemptAndAbort, true));
        }

        foreach (QueueShare share in Shares)
        {
            if (share.Engine.IsCancelUnderWay(namespaceIndex, StatusCode.AbortedPreemptAndAbort))
            {
                News.Set();
                return;
            }
        }

        view.EndAbort(number);
    }
}
