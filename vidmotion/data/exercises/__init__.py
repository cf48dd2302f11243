"""Makes motion capture of exercises from descriptions: key postures of one repetition, solved for a body.

catalogue           all exercises, and how often each is drawn
legs                squats, lunges, jumping jacks, raised knees and heels
trunk_and_arms      bends, twists, arms that circle or are raised
balance             postures that are held: on one leg, yoga, stretches
face_down           push-ups, planks, climbers, downward dogs, all fours
on_back             sit-ups, raised legs, bridges
exercise            what an exercise is, and how its keys are put together
stances, arms       postures and arms that several exercises share
posture             a posture in terms that people use: where hips, feet and hands are, how far the trunk bends
build               the lengths of a body
inverse_kinematics  postures to joint rotations
interpolation       movements between key postures
generate            clips of many repetitions, no two of them equal, as a packed folder

Movements are drawn at random within what people do; they are not recorded.
"""
