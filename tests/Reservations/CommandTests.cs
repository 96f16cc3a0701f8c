using System.Runtime.InteropServices;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;
using Nvmepf.Tests.Admin;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Reservations;

public sealed class CommandTests : IDisposable
{
    private const ReservationType Exclusive = ReservationType.WriteExclusive;
    private readonly NamespaceState _state = new(true);
    private readonly ReservationHost _a;
    private readonly ReservationHost _b;

    public CommandTests()
    {
        _a = new ReservationHost(_state, 1, 0xA);
        _b = new ReservationHost(_state, 2, 0xB);
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    private ReservationType Type => _state.Current.Type;

    private static void AssertConflict(StatusCode code) => Assert.Equal(StatusCode.ReservationConflict, code);

    private static void AssertGood(StatusCode code) => Assert.Equal(StatusCode.Success, code);

    [Fact]
    public void A_key_is_registered_once_replaced_and_unregistered()
    {
        AssertGood(_a.Register(1));
        AssertGood(_a.Register(1));
        AssertConflict(_a.Register(2));
        AssertConflict(_a.Register(3, ReservationRegisterAction.Replace, currentKey: 2));
        AssertGood(_a.Register(3, ReservationRegisterAction.Replace, currentKey: 1));
        AssertGood(_a.Register(4, ReservationRegisterAction.Replace, currentKey: 99, ignoresKey: true));
        Assert.Equal(4ul, _state.Current.Registrants[0].Key);
        AssertConflict(_a.Register(0, ReservationRegisterAction.Unregister, currentKey: 3));
        AssertGood(_a.Register(0, ReservationRegisterAction.Unregister, currentKey: 4));
        AssertConflict(_a.Register(0, ReservationRegisterAction.Unregister, currentKey: 4));
        AssertGood(_a.Register(0, ReservationRegisterAction.Unregister, ignoresKey: true));
        AssertConflict(_a.Register(5, ReservationRegisterAction.Replace, currentKey: 4));
        AssertGood(_a.Register(5, ReservationRegisterAction.Replace, ignoresKey: true));
        Assert.Equal(1, _state.Current.Count);
    }

    [Fact]
    public void Bad_fields_are_invalid()
    {
        AssertGood(_a.Register(1));
        Assert.Equal(StatusCode.InvalidField, _a.Run(NvmOpcode.ReservationRegister, 3, 1, 1));
        Assert.Equal(StatusCode.InvalidField, _a.Register(1, persistence: ChangePersistThroughPowerLoss.Reserved));
        Assert.Equal(StatusCode.InvalidField, _a.Register(1, persistence: ChangePersistThroughPowerLoss.Set)); // nothing keeps it
        Assert.Equal(StatusCode.InvalidField, _a.Run(NvmOpcode.ReservationAcquire, 0x103, 1, 0));
        Assert.Equal(StatusCode.InvalidField, _a.Run(NvmOpcode.ReservationAcquire, 0x108, 1, 0)); // IEKEY
        Assert.Equal(StatusCode.InvalidField, _a.Run(NvmOpcode.ReservationAcquire, 0x000, 1, 0));
        Assert.Equal(StatusCode.InvalidField, _a.Run(NvmOpcode.ReservationAcquire, 0x700, 1, 0));
        Assert.Equal(StatusCode.InvalidField, _a.Run(NvmOpcode.ReservationRelease, 0x102, 1, 0));
        Assert.Equal(StatusCode.InvalidField, _a.Run(NvmOpcode.ReservationRelease, 0x108, 1, 0));
        Assert.Equal(ReservationType.None, Type);
    }

    [Fact]
    public void Only_a_registrant_with_its_key_acquires_and_only_once()
    {
        AssertConflict(_a.Acquire(Exclusive, 1));
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertConflict(_a.Acquire(Exclusive, 2));
        AssertGood(_a.Acquire(Exclusive, 1));
        AssertGood(_a.Acquire(Exclusive, 1));
        AssertConflict(_a.Acquire(ReservationType.ExclusiveAccess, 1));
        AssertConflict(_b.Acquire(Exclusive, 2));
        Assert.Equal(0xAul, (ulong)_state.Current.Registrants[_state.Current.Holder].Host.Identifier);
    }

    [Fact]
    public void Only_the_holder_releases_and_must_name_the_type()
    {
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertGood(_a.Acquire(Exclusive, 1));
        AssertGood(_b.Release(Exclusive, 2)); // no effect
        Assert.Equal(Exclusive, Type);
        AssertConflict(_a.Release(Exclusive, 2));
        Assert.Equal(StatusCode.InvalidField, _a.Release(ReservationType.ExclusiveAccess, 1));
        AssertGood(_a.Release(Exclusive, 1));
        Assert.Equal(ReservationType.None, Type);
    }

    [Fact]
    public void The_holder_takes_the_reservation_along_when_it_unregisters_and_all_registrants_when_the_last_does()
    {
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertGood(_a.Acquire(ReservationType.WriteExclusiveRegistrantsOnly, 1));
        AssertGood(_a.Register(0, ReservationRegisterAction.Unregister, currentKey: 1));
        Assert.Equal(ReservationType.None, Type);
        Assert.Equal(ReservationNotificationType.ReservationReleased, _b.ReadLog().Type);

        AssertGood(_a.Register(1));
        AssertGood(_a.Acquire(ReservationType.WriteExclusiveAllRegistrants, 1));
        AssertGood(_a.Register(0, ReservationRegisterAction.Unregister, currentKey: 1));
        Assert.Equal(ReservationType.WriteExclusiveAllRegistrants, Type);
        AssertGood(_b.Register(0, ReservationRegisterAction.Unregister, currentKey: 2));
        Assert.Equal(ReservationType.None, Type);
    }

    [Fact]
    public void Preempting_the_holder_takes_its_reservation_and_registration()
    {
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertGood(_a.Acquire(Exclusive, 1));
        AssertConflict(_b.Preempt(ReservationType.ExclusiveAccess, 1, 1));
        Assert.Equal(StatusCode.InvalidField, _b.Preempt(ReservationType.ExclusiveAccess, 2, 0));
        AssertGood(_b.Preempt(ReservationType.ExclusiveAccess, 2, 1));
        Assert.Equal(ReservationType.ExclusiveAccess, Type);
        Assert.Equal(1, _state.Current.Count);
        AssertConflict(_a.Io(NvmOpcode.Read));
        AssertConflict(_a.Release(Exclusive, 1));
        Assert.Equal(ReservationNotificationType.RegistrationPreempted, _a.ReadLog().Type);
        Assert.Equal(ReservationNotificationType.Empty, _b.ReadLog().Type);
    }

    [Fact]
    public void Preempting_others_of_a_registrants_reservation_leaves_it_to_the_preemptor()
    {
        using ReservationHost c = new(_state, 3, 0xC);
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertGood(c.Register(2));
        AssertGood(_a.Acquire(ReservationType.ExclusiveAccessAllRegistrants, 1));
        AssertConflict(_a.Preempt(Exclusive, 1, 77)); // nobody has the key
        AssertGood(_a.Preempt(Exclusive, 1, 2));
        Assert.Equal(1, _state.Current.Count);
        Assert.Equal(ReservationType.ExclusiveAccessAllRegistrants, Type); // it only loses registrants
        AssertGood(_b.Register(2));
        AssertGood(_b.Preempt(Exclusive, 2, 0)); // all others, and the reservation
        Assert.Equal(1, _state.Current.Count);
        Assert.Equal(Exclusive, Type);
        AssertGood(_b.Io(NvmOpcode.Write));
        AssertConflict(_a.Io(NvmOpcode.Write));
    }

    [Fact]
    public void A_holder_may_preempt_itself_to_change_the_type()
    {
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertGood(_a.Acquire(Exclusive, 1));
        AssertGood(_a.Preempt(ReservationType.ExclusiveAccess, 1, 1));
        Assert.Equal(ReservationType.ExclusiveAccess, Type);
        Assert.Equal(2, _state.Current.Count);
        Assert.Equal(ReservationNotificationType.ReservationReleased, _b.ReadLog().Type);
    }

    [Fact]
    public void Clear_ends_everything_and_tells_the_others()
    {
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertGood(_a.Acquire(Exclusive, 1));
        AssertGood(_b.Clear(2));
        Assert.Equal(ReservationType.None, Type);
        Assert.Equal(0, _state.Current.Count);
        ReservationNotificationLog log = _a.ReadLog();
        Assert.Equal(ReservationNotificationType.ReservationPreempted, log.Type);
        Assert.Equal(1u, log.NamespaceIdentifier);
        Assert.Equal(1ul, log.LogPageCount);
        AssertGood(_a.Io(NvmOpcode.Write));
    }

    [Fact]
    public void Notifications_are_an_event_until_the_log_is_empty_unless_masked()
    {
        _ = _a.Host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
        _ = _a.Host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
        Assert.Null(_a.Host.Take());
        for (int i = 0; i < 3; i++)
        {
            AssertGood(_a.Register(1));
            AssertGood(_b.Register(2));
            AssertGood(_b.Clear(2));
        }

        _a.Host.Turn();
        Assert.Equal(ReservationHost.ReservationEvent, _a.Host.Take()!.Value.Dword0);
        Assert.Null(_a.Host.Take());
        Assert.Equal(StatusCode.Success, _a.Host.RunAndReport(AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x000F_0080), out Answer again));
        Assert.Equal(ReservationHost.ReservationEvent, again.Dword0); // two more wait
        Assert.Equal(2ul, _a.ReadLog().LogPageCount);
        ReservationNotificationLog last = _a.ReadLog();
        Assert.Equal(3ul, last.LogPageCount);
        Assert.Equal(0, last.NumberOfAvailableLogPages);
        Assert.Equal(0ul, _a.ReadLog().LogPageCount);

        AssertGood(_a.Host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0xFFFF_FFFF, (uint)FeatureId.ReservationNotificationMask, 0b1000)).Code);
        Assert.Equal(0b1000u, _a.Host.Run(AdminHost.Command(AdminOpcode.GetFeatures, 1, (uint)FeatureId.ReservationNotificationMask)).Dword0);
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertGood(_b.Clear(2));
        Assert.Equal(0ul, _a.ReadLog().LogPageCount);
    }

    [Fact]
    public void The_report_lists_controllers_of_registrants_in_the_extended_form()
    {
        using ReservationHost again = new(_state, 7, 0xA);
        AssertGood(_a.Register(1));
        AssertGood(_b.Register(2));
        AssertGood(_a.Acquire(Exclusive, 1));
        _b.Host.Data(512).Fill(0xEE);
        AssertGood(_b.Report(512));
        ReservationStatusHeader header = _b.Host.DataAs<ReservationStatusHeader>();
        Assert.Equal(2u, header.Generation);
        Assert.Equal(Exclusive, header.Type);
        Assert.Equal(3, header.NumberOfRegisteredControllers);
        Assert.Equal(0, header.PersistThroughPowerLossState);
        Span<RegisteredControllerExtended> entries = MemoryMarshal.Cast<byte, RegisteredControllerExtended>(_b.Host.Data(512)[64..]);
        Assert.Equal([1, 7, 2], new[] { (int)entries[0].ControllerIdentifier, entries[1].ControllerIdentifier, entries[2].ControllerIdentifier });
        Assert.Equal([1, 1, 0], new[] { (int)entries[0].ReservationStatus, entries[1].ReservationStatus, entries[2].ReservationStatus });
        Assert.Equal(2ul, entries[2].ReservationKey);
        Assert.Equal((UInt128)0xB, entries[2].HostIdentifier);
        Assert.Equal(0xEE, _b.Host.Data(512)[64 * 4]); // nothing beyond the end
        Assert.Equal(StatusCode.HostIdentifierInconsistentFormat, _b.Report(512, isExtended: false));
    }

    [Fact]
    public void The_report_has_a_short_form_for_short_identifiers_and_registrants_without_a_controller()
    {
        NamespaceState state = new(true);
        using ReservationHost a = new(state, 1, 0xA, isExtended: false);
        AssertGood(a.Register(1));
        AssertGood(a.Identify(0xB, isExtended: false));
        AssertGood(a.Report(72, isExtended: false));
        RegisteredController entry = MemoryMarshal.Cast<byte, RegisteredController>(a.Host.Data(48)[24..])[0];
        Assert.Equal(1, a.Host.DataAs<ReservationStatusHeader>().NumberOfRegisteredControllers);
        Assert.Equal(RegisteredController.NoController, entry.ControllerIdentifier);
        Assert.Equal(0xAul, entry.HostIdentifier);
        Assert.Equal(1ul, entry.ReservationKey);
        Assert.Equal(StatusCode.HostIdentifierInconsistentFormat, a.Report(72, isExtended: true));
    }

    [Fact]
    public void Preempt_and_abort_ends_when_the_commands_of_the_preempted_host_have_ended()
    {
        FakeBackend slow = new() { FlushOutcome = BackendOutcome.Pending };
        using ReservationHost c = new(_state, 3, 0xC, backend: slow);
        AssertGood(_a.Register(1));
        AssertGood(c.Register(3));
        AssertGood(c.Acquire(ReservationType.ExclusiveAccess, 3));
        c.Host.SubmitIo(TestHost.Io(NvmOpcode.Flush));
        Assert.Null(c.Host.TakeIo());

        _a.SetKeys(1, 3);
        _a.Host.SubmitIo(ReservationHost.Command(
            NvmOpcode.ReservationAcquire,
            new ReservationAcquireDword10 { Action = ReservationAcquireAction.PreemptAndAbort, Type = ReservationType.ExclusiveAccess }.Raw));
        c.Host.Turn();
        _a.Host.Turn();
        Assert.Null(_a.Host.TakeIo());
        c.Host.Controller.Engine.BackendCompleted(slow.PendingTag, 0);
        c.Host.Turn();
        Assert.Equal(StatusCode.AbortedPreemptAndAbort, c.Host.TakeIo());
        _a.Host.Turn();
        Assert.Equal(StatusCode.Success, _a.Host.TakeIo());
        AssertConflict(c.Io(NvmOpcode.Flush));
    }

    [Fact]
    public void A_state_that_others_are_in_makes_a_command_wait()
    {
        Assert.True(_state.TryEnter());
        _a.SetKeys(0, 1);
        _a.Host.SubmitIo(ReservationHost.Command(NvmOpcode.ReservationRegister, 0));
        Assert.Null(_a.Host.TakeIo());
        AssertGood(_a.Io(NvmOpcode.Write)); // blocks are not held up
        _state.Exit();
        _a.Host.Turn();
        Assert.Equal(StatusCode.Success, _a.Host.TakeIo());
        Assert.Equal(1, _state.Current.Count);
    }

    [Fact]
    public void Identify_announces_what_there_is()
    {
        AssertGood(_a.Host.Run(AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.Controller)).Code);
        Assert.True(_a.Host.DataAs<IdentifyController>().OptionalNvmCommandSupport.HasFlag(OptionalNvmCommands.Reservations));
        Assert.True(_a.Host.DataAs<IdentifyController>().ControllerAttributes.HasFlag(ControllerAttributes.ReservationsAndHostIdentifierInteraction));
        AssertGood(_a.Host.Run(AdminHost.Command(AdminOpcode.Identify, 1, (uint)Cns.Namespace)).Code);
        Assert.Equal(0xFE, (byte)_a.Host.DataAs<IdentifyNamespace>().ReservationCapabilities);
    }
}
